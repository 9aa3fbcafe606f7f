#include "tools/roll_generator.hpp"
