title="the reply to the taking of ownership is lost"
letter=E places="before_take back_before_take"
fault() { spoil "$(reached_member)" swallow-next-reply --request pass_ci; }
had_effect() { was_hit "$(reached_member)"; }
heal() { heal_link "$(reached_member)"; }
