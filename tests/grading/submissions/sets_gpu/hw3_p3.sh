export CUDA_VISIBLE_DEVICES=0
python3 "${0%/*}/predict.py" "$@"
