#include "tools/emulator.hpp"
