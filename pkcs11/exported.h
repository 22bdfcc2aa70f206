#pragma once

// The functions of the standard are all that this library exports; everything else is built with hidden visibility.
#pragma GCC visibility push(default)
#include "pkcs11/cryptoki.h"
#pragma GCC visibility pop
