#!/bin/sh
#SBATCH --job-name=vidclass
#SBATCH --array=0-6
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --requeue
# MOVIES=/data/movies MODEL=/data/model.safetensors OUT=/data/out sbatch slurm.sh
# and in the end: vidclass merge /data/out -o labels.jsonl --expect all-movies.txt
#
# A task that is done again goes on where it stopped. Part of an array that is done again
# (--array=3) has to be told of how many: COUNT=7.
"${VIDCLASS:-vidclass}" label "$MOVIES" -m "$MODEL" -o "$OUT/" --quiet --shard auto \
  ${COUNT:+--shard-count "$COUNT"}
code=$?
# Movies that failed are records; doing the task again would not mend them.
[ "$code" -eq 3 ] && code=0
exit "$code"
