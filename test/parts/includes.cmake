find_package(Python3 COMPONENTS Interpreter REQUIRED)
add_test(NAME includes.point_one_way COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/test/includes.py ${CMAKE_SOURCE_DIR})
add_test(NAME includes.try_in_braces COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/test/try_in_braces.py ${CMAKE_SOURCE_DIR})
