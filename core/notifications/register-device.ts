import type { Device, DeviceStore } from './ports.ts'

/** Phones and tablets of one account; the oldest goes when one more comes. */
const mostDevices = 5

/** Keeps a device for its new owner; one that is known keeps its id. */
export async function registerDevice ({ devices }: { readonly devices: DeviceStore }, device: Device): Promise<Device> {
  await devices.save(device)
  const all = await devices.ofOwners([device.ownerId])
  for (const { id, ownerId } of all.slice(mostDevices)) await devices.drop(id, ownerId)
  return all.find(({ tokenKey }) => tokenKey === device.tokenKey) ?? device
}
