#!/bin/sh
# i2v: a film of several shots on GPUs of one's own, side by side
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# samples/cluster.sh URL SHOTS.jsonl OUTPUT.mp4
#
# URL is a server with the OpenAI-style Videos API, or a gateway before several of them, such
# as LiteLLM with one entry for each in its model_list:
#
#   - model_name: wan
#     litellm_params: {model: hosted_vllm/Wan-AI/Wan2.2-I2V-A14B-Diffusers, api_base: http://gpu1:8091/v1}
#
# MODEL is then the model_name, and I2V_API_KEY the gateway's key; GPUS says how many shots are
# made at a time (2). SHOTS.jsonl is as for film.sh, and so is what it needs. When it fails or
# is interrupted, the same command goes on.
set -eu

if [ $# -ne 3 ]; then
  echo "Usage: $0 URL SHOTS.jsonl OUTPUT.mp4" >&2
  exit 64
fi

export I2V_BASE_URL="$1" I2V_DEFAULTS="engine=openai${MODEL:+:model=$MODEL}" I2V_PARALLEL="${GPUS:-2}"
exec "$(dirname "$0")/film.sh" "$2" "$3"
