#include "topic_stage.h"
