# i2v: the descriptions of filter graphs in FFmpeg's documentation
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every example block of the page, and of those that are commands the graphs among their
# arguments too. A record separator (octal 036) ends each.

function put(text) {
  if (text != "")
    printf "%s\036", text
}

# Text as the browser shows it.
function plain(html) {
  gsub(/<[^>]*>/, "", html)
  gsub(/&quot;/, "\"", html)
  gsub(/&lt;/, "<", html)
  gsub(/&gt;/, ">", html)
  gsub(/&nbsp;/, " ", html)
  gsub(/&[lr]squo;/, "'", html)
  gsub(/&amp;/, "\\&", html)
  return html
}

# A word of a command line is a graph when the option before it says so.
function take_word(word) {
  if (option ~ /^-(vf|af|lavfi|filter.*)$/ || (lavfi && (option == "-i" || word ~ /[=,[]/))) {
    put(word)
    lavfi = 0
  }
  if (option == "-f")
    lavfi = word == "lavfi"
  option = word
}

# The words of a command line as a shell reads them.
function take_command(command, i, c, quote, word, begun) {
  option = lavfi = begun = 0
  quote = word = ""
  for (i = 1; i <= length(command); i++) {
    c = substr(command, i, 1)
    if (quote != "" && c == quote) {
      quote = ""
    } else if (c == "\\" && quote != "'") {
      c = substr(command, ++i, 1)
      if (c != "\n") {
        word = word (quote == "" || c ~ /["\\$`]/ ? "" : "\\") c
        begun = 1
      }
    } else if (quote != "") {
      word = word c
    } else if (c ~ /["']/) {
      quote = c
      begun = 1
    } else if (c ~ /[ \t\n]/) {
      if (begun)
        take_word(word)
      begun = 0
      word = ""
    } else {
      word = word c
      begun = 1
    }
  }
  if (begun)
    take_word(word)
}

/<pre class="example/ {
  block = ""
  inside = 1
  sub(/.*<pre class="example[^>]*>/, "")
}

inside {
  last = /<\/pre>/
  sub(/<\/pre>.*/, "")
  block = block $0 "\n"
  if (last) {
    inside = 0
    block = plain(block)
    sub(/\n+$/, "", block)
    put(block)
    if (block ~ /^([.]\/)?ff(mpeg|play|probe) / || block ~ /^-/)
      take_command(block)
  }
}
