#!/bin/bash
#SBATCH --job-name=temper
#SBATCH --nodes=16
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=8
#SBATCH --exclusive
#SBATCH --time=24:00:00
# A run of temper on nodes that Slurm gives: one Ray node a task, the driver on the first. Submit it again to go on:
# finished stages are not run twice, an unfinished one resumes from its last checkpoint.
#   sbatch docs/cluster/slurm.sh RECIPE OUT        OUT on storage that all nodes share, temper installed on each
set -euo pipefail
recipe=${1:?the recipe, as in temper:mellum2/instruct}
out=${2:?the run folder, on storage that all nodes share}

# Whoever reaches Ray's port runs code on every node: a token that all of them have, and nobody else.
export RAY_AUTH_MODE=token
export RAY_AUTH_TOKEN_PATH="$HOME/.ray/temper-$SLURM_JOB_ID.token"
mkdir -p "$HOME/.ray"
(umask 077 && head -c 32 /dev/urandom | base64 | tr -d '\n' > "$RAY_AUTH_TOKEN_PATH")
trap 'rm -f "$RAY_AUTH_TOKEN_PATH"' EXIT

# A node that is silent is given up after half a minute; by Ray's own 10 s after a whole one.
export RAY_health_check_timeout_ms=4000

mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
head=${nodes[0]}
port=6379
# Nodes that take programs offer `sandbox`: as many verifiers there as the number says, here on all of them.
places='{"sandbox": 4}'

srun --nodes=1 --ntasks=1 --nodelist="$head" \
  ray start --head --port="$port" --include-dashboard=false --resources="$places" --block &
# The others ask until the head answers.
sleep 20
if [ "${#nodes[@]}" -gt 1 ]; then
  srun --nodes=$((${#nodes[@]} - 1)) --ntasks=$((${#nodes[@]} - 1)) --exclude="$head" \
    ray start --address="$head:$port" --resources="$places" --block &
fi
sleep 30

srun --overlap --nodes=1 --ntasks=1 --nodelist="$head" \
  temper run "$recipe" --out "$out" --address auto
