import { expect, it } from 'vitest';
import { endpointOf, parseEndpoint } from './endpoints.ts';

it.each([
  ['eu-west-1', 'https://ec2.eu-west-1.amazonaws.com/'],
  ['us-gov-west-1', 'https://ec2.us-gov-west-1.amazonaws.com/'],
  ['cn-north-1', 'https://ec2.cn-north-1.amazonaws.com.cn/'],
  ['us-iso-east-1', 'https://ec2.us-iso-east-1.c2s.ic.gov/'],
  ['us-isob-east-1', 'https://ec2.us-isob-east-1.sc2s.sgov.gov/'],
])('EC2 of %s is at %s', (region, url) => {
  expect(endpointOf('ec2', region, undefined, {})).toBe(url);
});

it('the configuration and the environment may name another place', () => {
  const environment = { AWS_ENDPOINT_URL: 'http://all:1', AWS_ENDPOINT_URL_STS: 'https://sts:2/' };
  expect(endpointOf('ec2', 'r', 'own.example:8000/path', environment)).toBe('https://own.example:8000/path');
  expect(endpointOf('ec2', 'r', '', environment)).toBe('http://all:1/');
  expect(endpointOf('sts', 'r', undefined, environment)).toBe('https://sts:2/');
});

it('what is no URL is refused', () => {
  for (const text of ['ftp://x', 'http://', 'a b', '']) {
    expect(() => parseEndpoint(text), text).toThrow(expect.objectContaining({ code: 'SD_BAD_CONFIG' }));
  }
});
