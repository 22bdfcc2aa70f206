# The tests of kms/http start the program too.
if(TARGET test_kms_http AND TARGET keymantle-kmsd)
  add_dependencies(test_kms_http keymantle-kmsd)
endif()
