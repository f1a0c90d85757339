/* The end of a program that met what must not be. */
#include "must.h"

#include <stdio.h>
#include <stdlib.h>

void failed(const char *what)
{
	perror(what);
	exit(1);
}
