title="the cable of the tool's host is pulled, and plugged in again some seconds later"
letter=A lasts=6 needs_network=yes
places="prepare gate paused released before_take taken repointed back_prepare back_released back_taken"
fault() { sent_again=$(retransmitted); ip link set "$cable" down; }
took_effect() { [ "$(cat "/sys/class/net/$cable/operstate")" = down ]; }
had_effect() { [ "$exit_code" != 0 ] || [ "$(retransmitted)" -gt "$sent_again" ]; }
heal() { ip link set "$cable" up; }
