"""What to write where, so that a program shows the status line. Other programs' settings are never
written by us; this is printed to be copied."""

from __future__ import annotations

from collections.abc import Mapping

_CLAUDE = """\
In ~/.claude/settings.json (refreshInterval, in seconds, also moves the line while nothing happens):

{
  "statusLine": {
    "type": "command",
    "command": "tally statusline",
    "refreshInterval": 10
  }
}"""

_TMUX = """\
In ~/.tmux.conf:

set -g status-interval 10
set -g status-right-length 120
set -g status-right '#(tally statusline --format tmux)'"""

_SHELL = """\
In ~/.bashrc:

PROMPT_COMMAND='TALLY_LINE=$(tally statusline --format shell)'
PS1='$TALLY_LINE\\n\\w \\$ '

In ~/.zshrc:

setopt prompt_subst
precmd() { TALLY_LINE=${$(tally statusline --format shell)//\\%/%%} }
RPROMPT='$TALLY_LINE'

In ~/.config/fish/functions/fish_right_prompt.fish:

function fish_right_prompt
    tally statusline --format shell
end"""

_WAYBAR = """\
In ~/.config/waybar/config.jsonc, with "custom/tally" in one of the lists of modules:

"custom/tally": {
  "exec": "tally statusline --format waybar",
  "return-type": "json",
  "interval": 10
}

The classes for style.css are normal, warning (80 %) and critical (90 %)."""

_SWIFTBAR = """\
In the plugin folder of SwiftBar or xbar, executable, as tally.30s.sh:

#!/bin/sh
exec tally statusline --format swiftbar"""

SNIPPETS: Mapping[str, str] = {
    "claude": _CLAUDE,
    "tmux": _TMUX,
    "shell": _SHELL,
    "waybar": _WAYBAR,
    "swiftbar": _SWIFTBAR,
}
"""By the names of the formats."""
