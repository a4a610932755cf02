title="the tool is killed by SIGKILL at one of its points"
letter=A shape=kill places="every point of a clean run, one in four"
