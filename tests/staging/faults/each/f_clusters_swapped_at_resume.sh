title="the tool is killed, and the environment file has the clusters swapped when it is resumed"
letter=F shape=between places="prepare released taken back_released"
fault() {
  cp -p "$environment" "$work/environment.real"
  sed -i -e 's/^source:/swapped:/' -e 's/^target:/source:/' -e 's/^swapped:/target:/' "$environment"
}
took_effect() { ! cmp -s "$environment" "$work/environment.real"; }
expect_refused() { [ "$1" = 2 ] || grep -q "nothing to do" "$out" || broken "a run went on between swapped clusters"; }
heal() { cp -p "$work/environment.real" "$environment"; }
