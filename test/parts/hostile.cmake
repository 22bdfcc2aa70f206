# What goes wrong around the store (test/hostile/README.md). The process of these tests exports its own write(2) and the like, in front of the
# C library's.
if(TARGET keymantle-pkcs11 AND KEYMANTLE_LOCAL_MOUNT)
  add_executable(test_hostile_store_user ${CMAKE_CURRENT_SOURCE_DIR}/hostile/store_user.cpp ${CMAKE_CURRENT_SOURCE_DIR}/hostile/disk_trouble.cpp)
  km_settings(test_hostile_store_user)
  # The names it defines are those that fortified headers define, too.
  set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/hostile/disk_trouble.cpp PROPERTIES COMPILE_OPTIONS "-U_FORTIFY_SOURCE"
                              SKIP_PRECOMPILE_HEADERS ON)
  set_target_properties(test_hostile_store_user PROPERTIES ENABLE_EXPORTS ON)
  target_link_libraries(test_hostile_store_user PRIVATE km_hsm_base ${CMAKE_DL_LIBS})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/hostile/*_test.cpp)
  add_executable(test_hostile ${sources} ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
  km_settings(test_hostile)
  target_compile_definitions(test_hostile PRIVATE BOOST_TEST_DYN_LINK KEYMANTLE_MODULE="$<TARGET_FILE:keymantle-pkcs11>"
                             KEYMANTLE_STORE_USER="$<TARGET_FILE:test_hostile_store_user>")
  if(TARGET keymantle-hsmd)
    target_compile_definitions(test_hostile PRIVATE KEYMANTLE_HSMD="$<TARGET_FILE:keymantle-hsmd>")
    add_dependencies(test_hostile keymantle-hsmd)
  endif()
  target_link_libraries(test_hostile PRIVATE fmt::fmt Boost::unit_test_framework)
  add_dependencies(test_hostile keymantle-pkcs11 test_hostile_store_user)
  add_test(NAME hostile COMMAND test_hostile --log_level=test_suite --color_output=no)
  set_tests_properties(hostile PROPERTIES TIMEOUT 600)
  if(EXISTS /dev/shm)
    # A process that is killed leaves in memory what it would leave on a disk; a hundred stores on a disk would wait for nothing else.
    set_tests_properties(hostile PROPERTIES ENVIRONMENT TMPDIR=/dev/shm)
  endif()
endif()
