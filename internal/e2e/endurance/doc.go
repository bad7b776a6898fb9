// Package endurance tests a dispatcher over time, real or not: outages that last, floods, many
// programs, many starts and stops. With HEADGATE_LONG=1 its tests take minutes.
package endurance
