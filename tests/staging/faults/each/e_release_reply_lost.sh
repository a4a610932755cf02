title="the reply to the release of ownership is lost"
letter=E places="paused back_paused"
fault() { spoil "$(leaving_member)" swallow-next-reply --request pass_ci; }
had_effect() { was_hit "$(leaving_member)"; }
heal() { heal_link "$(leaving_member)"; }
