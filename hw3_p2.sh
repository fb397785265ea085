#!/bin/bash
# Problem 2, GAN: draws 32 faces, the figure of the report.
# bash hw3_p2.sh <PNG or JPEG to write>
case ${BASH_SOURCE[0]} in
    /*) here=${BASH_SOURCE[0]%/*} ;;
    *)  here=./${BASH_SOURCE[0]}; here=${here%/*} ;;  # ./ keeps a leading dash from reading as an option
esac
source "$here/inference/fetch_weights.sh"
case $# in
    1) fetch_weights gan.pth || exit ;;
esac  # with --batch-size the weights must be there; any other call is refused below
exec python3 -B "$here/inference/draw_faces.py" gan "$@"  # -B: no __pycache__ folders
