add_subdirectory(clients)
