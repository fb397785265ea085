#!/bin/bash
# Problem 3, DANN: predicts the digit on every image of a folder.
# bash hw3_p3.sh <folder of images> <mnistm|svhn|usps> <CSV to write>
case ${BASH_SOURCE[0]} in
    /*) here=${BASH_SOURCE[0]%/*} ;;
    *)  here=./${BASH_SOURCE[0]}; here=${here%/*} ;;  # ./ keeps a leading dash from reading as an option
esac
source "$here/inference/fetch_weights.sh"
case $#:$2 in
    3:mnistm | 3:svhn | 3:usps) fetch_weights "dann_$2.pth" || exit ;;
esac  # with --batch-size the weights must be there; any other call is refused below
exec python3 -B "$here/inference/predict_digits.py" dann "$@"  # -B: no __pycache__ folders
