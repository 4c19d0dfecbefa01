# i2v: the bench: a plot of lines, as SVG
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# usage: awk -f plot.awk -v title=T -v x_label=X -v y_label=Y SERIES.tsv > PLOT.svg
#
# Each input line is the name of a line, tab, x, tab, y.
BEGIN {
  FS = "\t"
  split("#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9", colours, " ")
  width = 720; height = 420
  left = 60; right = 150; top = 40; bottom = 50
}

{
  if (!($1 in points)) names[++series] = $1
  points[$1] = points[$1] sprintf("%s %s,", $2, $3)
  if ($2 > most_x) most_x = $2
  if ($3 > most_y) most_y = $3
}

# The step between the marks of an axis: 1, 2 or 5 times a power of ten, some five of them.
function step_of(most,    power) {
  power = 10 ^ int(log(most / 5) / log(10) - (most < 5))
  while (most / power > 6) power *= (++grown % 3 == 2) ? 2.5 : 2
  grown = 0
  return power
}

function place_x(x) { return left + x / most_x * (width - left - right) }
function place_y(y) { return height - bottom - y / most_y * (height - top - bottom) }

function text(x, y, anchor, words, more) {
  printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n", x, y, anchor, more, words
}

function axes(    step, at) {
  step = step_of(most_y)
  most_y = step * int((most_y + step * 0.999) / step)
  for (at = 0; at <= most_y * 1.001; at += step) {
    printf "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n", left, place_y(at), width - right
    text(left - 8, place_y(at) + 4, "end", at)
  }
  step = step_of(most_x)
  for (at = 0; at <= most_x * 1.001; at += step)
    text(place_x(at), height - bottom + 18, "middle", at)
  printf "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#333\"/>\n", left, top, height - bottom, width - right
  text((left + width - right) / 2, height - 10, "middle", x_label)
  text(16, (top + height - bottom) / 2, "middle", y_label,
    sprintf(" transform=\"rotate(-90 16 %.1f)\"", (top + height - bottom) / 2))
  text(left, 22, "start", title, " font-weight=\"bold\"")
}

END {
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" ", width, height, width, height
  print "font-family=\"sans-serif\" font-size=\"12\">"
  printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height
  axes()
  for (i = 1; i <= series; i++) {
    count = split(points[names[i]], pairs, ",")
    printf "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"", colours[i]
    for (j = 1; j < count; j++) {
      split(pairs[j], pair, " ")
      printf "%.1f,%.1f ", place_x(pair[1]), place_y(pair[2])
    }
    print "\"/>"
    text(width - right + 12, top + 18 * i, "start", names[i], sprintf(" fill=\"%s\"", colours[i]))
  }
  print "</svg>"
}
