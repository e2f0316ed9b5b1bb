/* Shifts the clock of one process by SHIFT seconds: what it reads, and the deadlines that it computes from that.
   Built without libc's start files and without versions of symbols, so that it loads beside any glibc from 2.30 on. */
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

extern long syscall(long number, ...);
extern int pthread_cond_clockwait(void *cond, void *mutex, clockid_t clock, const struct timespec *end);
extern int sem_clockwait(void *sem, clockid_t clock, const struct timespec *end);

#define IS_EPOCH(t) ((t)->tv_sec > 1000000000L) /* else a time since boot */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int failed = syscall(SYS_clock_gettime, clock, now);
	if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += SHIFT;
	return failed;
}

int gettimeofday(struct timeval *now, void *zone)
{
	struct timespec found;
	(void) zone;
	clock_gettime(CLOCK_REALTIME, &found);
	now->tv_sec = found.tv_sec;
	now->tv_usec = found.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *now)
{
	struct timespec found;
	clock_gettime(CLOCK_REALTIME, &found);
	if (now)
		*now = found.tv_sec;
	return found.tv_sec;
}

int pthread_cond_timedwait(void *cond, void *mutex, const struct timespec *end)
{
	struct timespec real = *end;
	if (!IS_EPOCH(end))
		return pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, end);
	real.tv_sec -= SHIFT;
	return pthread_cond_clockwait(cond, mutex, CLOCK_REALTIME, &real);
}

int sem_timedwait(void *sem, const struct timespec *end)
{
	struct timespec real = *end;
	real.tv_sec -= SHIFT;
	return sem_clockwait(sem, CLOCK_REALTIME, &real);
}
