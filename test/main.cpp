#define BOOST_TEST_MODULE keymantle
#include <boost/test/unit_test.hpp>
