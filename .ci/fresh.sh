# Sourced by .ci/run and .ci/full: what is committed, in a fresh clone with a fresh environment.
export CI=true PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_PROGRESS_BAR=off

say() { printf '\n== %s (%s)\n' "$1" "$(date +%T)"; }

# the n-th command of the README, as it stands there
command_of() { awk -v mark="<!-- command $1 -->" '$0 == mark {on = 1; next} on && /^```/ {if (fence++) exit; next} on' README.md; }

# clone the project of this folder into FOLDER, with the captures beside it where the machine has them
clone_into() { # FOLDER
  git clone -q --no-hardlinks . "$1/amiframe"
  if [ -d ../shared ]; then ln -s "$(cd ../shared && pwd)" "$1/shared"; fi
}
