#include "bot/webhook/signature.hpp"
