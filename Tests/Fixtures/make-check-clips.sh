#!/bin/sh
# Makes a small data set with everything in it that `vidclass check` looks for.
# Usage: make-check-clips.sh FOLDER
set -eu
cd "$1"

make() { ffmpeg -nostdin -v error -y "$@"; }
x264="-c:v libx264 -preset veryfast -threads 1 -pix_fmt yuv420p"

# Each number is another pattern that moves in another way.
# Usage: waves NUMBER SECONDS [RATE]
waves() {
  echo "nullsrc=s=96x64:r=${3:-25}:d=$2,geq=cb=128:cr=128:lum='128\
+55*sin(X/(7+mod($1*5,11))+3*sin(T*(1+mod($1*7,5)/4)+$1))\
+55*cos(Y/(5+mod($1*3,7))+3*cos(T*(1.3+mod($1*3,4)/3)+$1*2)+X/(9+mod($1,4)))'"
}
clip() { make -f lavfi -i "$(waves "$1" 2)" $x264 "$2"; }

mkdir -p train/walk train/run train/jump val/walk val/run
for seed in 1 2 3 4; do clip $seed train/walk/a$seed.mp4; done
for seed in 11 12 13; do clip $seed train/run/b$seed.mp4; done
clip 21 train/jump/only.mp4
clip 31 val/walk/c1.mp4
clip 32 val/run/c2.mp4

# Copies: as they are, in another container, and made anew at half the size and rate, trimmed.
cp train/run/b11.mp4 val/run/copy.mp4
make -i train/walk/a1.mp4 -c copy train/walk/same.mkv
make -ss 0.24 -i train/walk/a2.mp4 -vf fps=12.5,scale=48:32 -c:v mpeg4 -q:v 6 val/walk/near.avi
cp train/walk/a3.mp4 train/run/mislabelled.mp4

# Damage and oddities.
echo "this is no movie" > train/walk/text.mp4
make -i train/walk/a4.mp4 -c copy -movflags +faststart whole.mp4
head -c "$(($(wc -c < whole.mp4) * 6 / 10))" whole.mp4 > train/walk/cut.mp4
rm whole.mp4
clip 41 turn.mp4
make -i turn.mp4 -c copy -metadata:s:v rotate=90 train/run/turned.mp4
rm turn.mp4
make -f lavfi -i "$(waves 42 2 30)" \
  -vf "select='not(mod(n,7))+between(n,20,30)'" -vsync vfr $x264 train/run/varied.mp4
make -f lavfi -i "$(waves 43 0.2)" $x264 train/run/short.mp4
make -f lavfi -i color=black:s=96x64:r=25:d=1 $x264 train/walk/black.mp4
make -f lavfi -i color=black:s=96x64:r=25:d=1 -c:v mpeg4 val/walk/black.avi
echo "a note" > train/walk/notes.txt
