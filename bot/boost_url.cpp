// The one translation unit that compiles Boost.URL, which is header-only on request.
#include <boost/url/src.hpp>
