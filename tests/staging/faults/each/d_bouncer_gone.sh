title="a bouncer dies and stays away for some seconds"
letter=D lasts=6 places="prepare paused released taken repointed back_released"
fault() { crash bouncer-1; }
took_effect() { has_crashed; }
heal() { restart bouncer-1; }
