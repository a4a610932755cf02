title="the tool is killed by SIGKILL at a random time"
letter=A shape=random places="start back_start"
