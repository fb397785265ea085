#!/bin/bash
python3 predict.py $1 $2 $3
