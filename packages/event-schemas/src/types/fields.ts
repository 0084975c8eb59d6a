import { Type } from 'typebox';

/** The labels that all signals share. */
export const service = Type.String({ minLength: 1, maxLength: 256 });
export const version = Type.String({ minLength: 1, maxLength: 256 });
export const environment = Type.Optional(Type.String({ maxLength: 256 }));
export const instance = Type.String({ minLength: 1, maxLength: 512 });
export const labels = Type.Record(Type.String({ maxLength: 256 }), Type.String({ maxLength: 4096 }));
