# needs PROGRAM: ends the test where script/bootstrap installs no such program on this Debian, and says so.
needs() {
  local release
  release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  case $release in
    bookworm | trixie) return ;;  # then it must be there
  esac
  command -v "$1" >/dev/null || { echo "not tried: $release has no $1"; exit 77; }
}
