title="the reply to the promoting PATCH is lost"
letter=F places="promote"
fault() { spoil ci-1.rest swallow-next-reply --request PATCH; }
had_effect() { was_hit ci-1.rest; }
heal() { heal_link ci-1.rest; }
