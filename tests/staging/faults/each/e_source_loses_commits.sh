title="the source's leader dies, and Patroni promotes a member that lacks the last commits"
letter=E lasts=8 places="prepare paused released captured before_take taken repointed verify" spoils_lab=yes
before() {
  lags_may_lead main-1
  # Then it lacks the release as well. A release that not all members have is not followed by a take, so later places
  # come without that.
  case $place in released | captured | before_take) cut_off_at "phase.begun gate" main-2 main-1 & ;; esac
}
fault() {
  case $place in released | captured | before_take) ;; *) cut_off main-2 main-1 ;; esac
  sleep 1
  fails_over main main-1 main-2
}
took_effect() { is_leader main-2; }
heal() { thaw main-2.postgres; thaw main-2; leads_again main main-1 main-2; }
