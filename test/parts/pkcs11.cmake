# The built module as an application meets it: loaded by path, forked, finalized, left at exit.
if(TARGET keymantle-pkcs11)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/*_test.cpp)
  add_executable(test_pkcs11 ${sources} ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
  km_settings(test_pkcs11)
  target_compile_definitions(test_pkcs11 PRIVATE BOOST_TEST_DYN_LINK KEYMANTLE_MODULE="$<TARGET_FILE:keymantle-pkcs11>"
                             KEYMANTLE_LEAVER="$<TARGET_FILE:test_pkcs11_leaver>")
  target_link_libraries(test_pkcs11 PRIVATE fmt::fmt Boost::unit_test_framework ${CMAKE_DL_LIBS})
  add_executable(test_pkcs11_leaver ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/leaver.cpp)
  km_settings(test_pkcs11_leaver)
  target_link_libraries(test_pkcs11_leaver PRIVATE fmt::fmt OpenSSL::Crypto ${CMAKE_DL_LIBS})
  add_dependencies(test_pkcs11 keymantle-pkcs11 test_pkcs11_leaver)
  add_test(NAME pkcs11 COMMAND test_pkcs11 --log_level=test_suite --color_output=no)
  set_tests_properties(pkcs11 PROPERTIES TIMEOUT 600)

  # Without an engine of its own (KEYMANTLE_LOCAL_MOUNT=OFF) the module needs neither OpenSSL nor SQLite nor Botan.
  # Only module.cpp is another one then.
  add_library(keymantle-pkcs11-remote MODULE ${CMAKE_SOURCE_DIR}/pkcs11/module.cpp $<FILTER:$<TARGET_OBJECTS:km_pkcs11>,EXCLUDE,/module\\.cpp>)
  km_settings(keymantle-pkcs11-remote)
  target_link_libraries(keymantle-pkcs11-remote PRIVATE fmt::fmt km_hsm_wire)
  target_link_options(keymantle-pkcs11-remote PRIVATE -Wl,--no-undefined -Wl,--as-needed)
  # A sanitizer's runtime must be in the program that loads the module: pkcs11-tool has none, and its libraries are not ours.
  if(NOT KEYMANTLE_SANITIZE)
    add_test(NAME pkcs11.remote_only
             COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/remote_only $<TARGET_FILE:keymantle-pkcs11-remote>)
    add_test(NAME pkcs11.exports COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/exports $<TARGET_FILE:keymantle-pkcs11>)
    add_test(NAME pkcs11.tool COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/pkcs11_tool $<TARGET_FILE:keymantle-pkcs11>)
    set_tests_properties(pkcs11.tool PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
    add_test(NAME pkcs11.oasis_profiles COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/oasis_profiles $<TARGET_FILE:keymantle-pkcs11>)
    set_tests_properties(pkcs11.oasis_profiles PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77)
    add_executable(test_pkcs11_signer ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/signer.cpp)
    km_settings(test_pkcs11_signer)
    target_link_libraries(test_pkcs11_signer PRIVATE ${CMAKE_DL_LIBS})
    add_dependencies(test_pkcs11_signer keymantle-pkcs11)
    add_test(NAME pkcs11.no_syscalls COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/pkcs11/no_syscalls $<TARGET_FILE:test_pkcs11_signer>
             $<TARGET_FILE:keymantle-pkcs11>)
    set_tests_properties(pkcs11.no_syscalls PROPERTIES TIMEOUT 120 SKIP_RETURN_CODE 77)
  endif()
endif()
