// Quorum A1QX: a temperature a port, in sixteenths of a degree.
function decodeUplink(input) {
  var bytes = input.bytes;
  if (bytes.length < 2 || bytes.length % 2) return { errors: ['a temperature has 2 bytes'] };
  var data = {};
  for (var i = 0; i < bytes.length; i += 2) {
    var sixteenths = ((bytes[i] << 24) | (bytes[i + 1] << 16)) >> 16;
    data['temperature_' + (i / 2 + 1)] = { value: sixteenths / 16, unit: '°C' };
  }
  return { data: data };
}
