# docs/mechanisms.md says what the mechanism table says.
add_executable(mechanisms_page ${CMAKE_CURRENT_SOURCE_DIR}/pages/mechanisms_page.cpp)
km_settings(mechanisms_page)
target_link_libraries(mechanisms_page PRIVATE km_hsm_model)
add_test(NAME docs.mechanisms COMMAND mechanisms_page ${CMAKE_CURRENT_SOURCE_DIR}/pages/peers.txt ${CMAKE_SOURCE_DIR}/docs/mechanisms.md)
