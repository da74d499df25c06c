// Moire Labs SCORIA: temperature in sixteenths of a degree, humidity, battery.
function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length < 6) return { errors: ['a SCORIA sends 6 bytes'] };
  return {
    data: {
      temperature: { value: (((bytes[0] << 24) | (bytes[1] << 16)) >> 16) / 16, unit: '°C' },
      humidity: { value: bytes[3], unit: '%' },
      battery: (bytes[4] << 8) | bytes[5],
    },
  };
}
