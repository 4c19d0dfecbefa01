#!/bin/sh
# i2v: the picture of the README: a still that becomes a clip, and the command that does it
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# i2v-gateway -- samples/picture.sh >samples/picture.svg
#
# The still is drawn by ffmpeg, and the clip is what the command in the picture brings. SVG plays
# its pictures one after the other, and stays small and sharp.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
still=$work/still.png
prompt='The camera glides closer'

# An evening at sea: the sky above line 430, glowing around the sun; below it the water, which is
# darker towards us and glitters under the sun.
sun='st(0,hypot(X-820,Y-360))'
light='exp(-ld(0)/180)'
glitter='max(sin((Y-430)*(Y-430)/900+X/90)*sin(X/23+Y/7),0)*exp(-abs(X-820)/(40+(Y-430)/2))'
deep='(720-Y)/290'
scene() { # of the sun, of the sky, of the water
  echo "'$sun;min(255,if(gt(Y,430),$3,if(lt(ld(0),80),$1,$2)))'"
}
ffmpeg -v error -nostdin -f lavfi -i "color=black:s=1280x720,format=gbrp,geq=\
r=$(scene 255 "60+150*Y/430+90*$light" "30+40*$deep+120*$glitter"):\
g=$(scene 225 "50+90*Y/430+70*$light" "50+50*$deep+90*$glitter"):\
b=$(scene 150 "120+30*Y/430+10*$light" "90+40*$deep")" -frames:v 1 "$still"

# Three pictures a second, as JPEG.
i2v ffmpeg -v error -nostdin -f i2v -model google/veo-3.1-i2v-fast -resolution 720p -duration 4 \
  -prompt "$prompt" -i "$still" -vf fps=3,scale=320:-2 -c:v mjpeg -q:v 7 "$work/%02d.jpg"

image() { # file, x, attributes
  printf '<image x="%d" y="28" width="320" height="180"%s href="data:image/jpeg;base64,' "$2" "$3"
  base64 -w 0 "$1"
  echo '"/>'
}

set -- "$work"/*.jpg
cat <<END
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 840 320" width="840" height="320" role="img">
<title>i2v: a still becomes a clip, in one ffmpeg command</title>
<style>
text { font: 15px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d6dae2 }
.dim { fill: #8b93a3 }
.new { fill: #f4b86a }
.frame { opacity: 0; animation: play 4s step-end infinite }
@keyframes play { 0% { opacity: 1 } $(echo "$#" | awk '{ printf "%.3f", 100 / $1 }')% { opacity: 0 } }
.head { transform: scaleX(1); transform-origin: 492px 0; animation: go 4s linear infinite }
@keyframes go { from { transform: scaleX(0) } }
@media (prefers-reduced-motion: reduce) { .frame, .head { animation: none } }
</style>
<rect width="840" height="320" rx="10" fill="#15181e"/>
END
image "$1" 28 ''
cat <<END
<path d="M368 118h88m-14-12l16 12-16 12" fill="none" stroke="#f4b86a" stroke-width="4"/>
<rect x="480" y="16" width="344" height="204" rx="4" fill="#2a2f39"/>
<path d="M484 22h340M484 214h340" stroke="#15181e" stroke-width="6" stroke-dasharray="9 11"/>
END
for last; do :; done
image "$last" 492 ''
n=0
for frame; do
  image "$frame" 492 " class=\"frame\" style=\"animation-delay:$(echo "$n" "$#" | awk '{ print 4 * $1 / $2 }')s\""
  n=$((n + 1))
done
cat <<END
<rect x="492" y="204" width="320" height="4" fill="#f4b86a" class="head"/>
<text x="28" y="242" class="dim">still.png</text>
<text x="480" y="242" class="dim">clip.mp4: 4 seconds, with sound</text>
<text x="28" y="278" xml:space="preserve"><tspan class="dim">\$</tspan> <tspan class="new">i2v</tspan> ffmpeg <tspan class="new">-f i2v -prompt "$prompt" -duration 4</tspan></text>
<text x="28" y="300" xml:space="preserve">      -i still.png -c copy clip.mp4</text>
</svg>
END
