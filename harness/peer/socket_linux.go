package peer

import "golang.org/x/sys/unix"

// unreadRequest asks a socket for the bytes in its receive queue, see tcp(7).
const unreadRequest = unix.SIOCINQ
