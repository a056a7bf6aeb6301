# Runs inside a sandbox, as text given to `sh -c`: needs a POSIX shell, /proc and readlink, and no procps.
#
#   find PID               prints the agent and its descendants, one `pid:start` each; nothing when that is no agent
#   end TENTHS pid:start…  waits so many tenths of a second for them to end, ends what is left, prints what it ended
#
# A pid is given anew when its process has ended; with the time of its start it is one process and no other.

# The fields of /proc/PID/stat from the state on; the name before them may hold anything, brackets too.
read_stat() {
  read -r line 2>/dev/null <"/proc/$1/stat" || return 1
  fields=${line##*') '}
}

parent_of() {
  read_stat "$1" || return 1
  set -- $fields
  parent=$2
}

# Every process as `pid:parent:start`. One that has ended, and only waits for its parent to notice, does not count.
list_processes() {
  for folder in /proc/[0-9]*; do
    read_stat "${folder#/proc/}" || continue
    set -- $fields
    case $1 in
    Z | X) ;;
    *) echo "${folder#/proc/}:$2:${20}" ;;
    esac
  done
}

# Sets `found` to those of the given `pid:start` that are still there, and everything below them.
find_tree() {
  wanted=" $* "
  found=' '
  processes=$(list_processes)
  for process in $processes; do
    case $wanted in
    *" ${process%%:*}:${process##*:} "*) found="$found${process%%:*}:${process##*:} " ;;
    esac
  done
  grew=yes
  while [ -n "$grew" ]; do
    grew=
    for process in $processes; do
      pid=${process%%:*}
      parent=${process#*:}
      parent=${parent%%:*}
      case $found in
      *" $pid:"*) ;;
      *" $parent:"*)
        found="$found$pid:${process##*:} "
        grew=yes
        ;;
      esac
    done
  done
}

signal_found() {
  for process in $found; do
    # One that has ended by itself meanwhile needs no signal.
    kill -s "$1" "${process%%:*}" 2>/dev/null || :
  done
}

# Waits until none of the given processes is there, at most so many tenths of a second.
wait_for_end() {
  tenths=$1
  shift
  find_tree "$@"
  while [ "$found" != ' ' ] && [ "$tenths" -gt 0 ]; do
    sleep 0.1 2>/dev/null || sleep 1
    tenths=$((tenths - 1))
    find_tree "$@"
  done
}

case $1 in
find)
  agent=$2
  parent_of "$agent" || exit 0
  agent_parent=$parent
  # The server starts its agents, and this script: what it did not start, or what was started for a person's
  # terminal, is no agent, whatever its number.
  is_ours=
  ancestor=$$
  while parent_of "$ancestor" && [ "$parent" -gt 0 ]; do
    ancestor=$parent
    [ "$ancestor" = "$agent_parent" ] && is_ours=yes
  done
  case $is_ours$(readlink "/proc/$agent/fd/0") in
  yespipe:*) ;;
  *) exit 0 ;;
  esac
  read_stat "$agent" || exit 0
  set -- $fields
  find_tree "$agent:${20}"
  for process in $found; do echo "$process"; done
  ;;
end)
  shift
  grace=$1
  shift
  wait_for_end "$grace" "$@"
  [ "$found" = ' ' ] && exit 0
  # Stopped first: what is stopped starts nothing more that would be missed.
  signal_found STOP
  find_tree "$@" $found
  signal_found KILL
  ended=$found
  wait_for_end 10 $found
  for process in $ended; do echo "$process"; done
  ;;
esac
