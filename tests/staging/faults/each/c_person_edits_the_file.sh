title="a person edits a bouncer's configuration file in the window"
letter=C places="prepare paused released back_released"
fault() { sed -i '1i ; edited by a person' "$dir/bouncer-2.ini"; }
took_effect() { still_there; }
heal() {
  still_there || broken "what a person wrote into a bouncer's file was overwritten"
  sed -i '/edited by a person/d' "$dir/bouncer-2.ini"
}
still_there() { grep -q "edited by a person" "$dir/bouncer-2.ini"; }
