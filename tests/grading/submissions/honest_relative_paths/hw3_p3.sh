#!/bin/bash
python3 src/predict.py "$1" "$2" "$3"
