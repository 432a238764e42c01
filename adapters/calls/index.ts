export { cleanPicture } from './clean-picture.ts'
export { ownRooms, jitsiRooms, livekitRooms } from './rooms.ts'
export { roomTickets } from './tickets.ts'
export { iceServersWith } from './turn.ts'
