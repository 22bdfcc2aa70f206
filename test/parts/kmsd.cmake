# The tests of kms/http start the program too, and say the same of our own module as of SoftHSM2.
if(TARGET test_kms_http AND TARGET keymantle-kmsd)
  add_dependencies(test_kms_http keymantle-kmsd)
endif()
if(TARGET test_kms_http AND TARGET keymantle-pkcs11)
  add_test(NAME kms.http.own_module COMMAND ${CMAKE_SOURCE_DIR}/test/kms/http/on_own_module.sh $<TARGET_FILE:test_kms_http>
           $<TARGET_FILE:keymantle-pkcs11>)
  set_tests_properties(kms.http.own_module PROPERTIES TIMEOUT 600)
endif()
