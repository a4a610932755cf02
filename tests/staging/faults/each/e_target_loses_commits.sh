title="the target's leader dies, and Patroni promotes a member that lacks the last commits"
letter=E lasts=8 places="promoted before_take taken repointed verify" spoils_lab=yes
before() { lags_may_lead ci-1; }
fault() { cut_off ci-2 ci-1 && sleep 1 && fails_over ci ci-1 ci-2; }
took_effect() { is_leader ci-2; }
heal() { thaw ci-2.postgres; thaw ci-2; leads_again ci ci-1 ci-2; }
