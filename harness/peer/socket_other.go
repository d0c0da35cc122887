//go:build !linux

package peer

// unreadRequest asks a socket for the bytes in its receive queue: FIONREAD as the BSDs
// and macOS encode it, _IOR('f', 127, int).
const unreadRequest = 0x4004667f
