#!/bin/bash
python3 "${0%/*}/predict.py" "$@"
