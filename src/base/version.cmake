# The program's version: `git describe` of a release's tag (v1.2.3), else the project's version and the commit. Where
# there is no git, or no repository, the project's version. Only one generated file depends on it, so that a commit
# compiles nothing else again.
function(pgcleave_version out)
  set(${out} ${PROJECT_VERSION} PARENT_SCOPE)
  find_package(Git QUIET)
  if(NOT GIT_FOUND OR NOT EXISTS ${PROJECT_SOURCE_DIR}/.git)
    return()
  endif()
  set(git ${GIT_EXECUTABLE} -C ${PROJECT_SOURCE_DIR})
  # Each commit and each checkout of another one writes a line there.
  execute_process(COMMAND ${git} rev-parse --git-path logs/HEAD
    OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  cmake_path(ABSOLUTE_PATH log BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(EXISTS ${log})
    set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${log})
  endif()
  execute_process(COMMAND ${git} describe --tags --match "v[0-9]*"
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(described MATCHES "^v(.+)$")
    set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
    return()
  endif()
  execute_process(COMMAND ${git} rev-parse --short HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(commit)
    set(${out} ${PROJECT_VERSION}-g${commit} PARENT_SCOPE)
  endif()
endfunction()
