declare module 'class-transformer/cjs/storage.js' {
  export const defaultMetadataStorage: {
    findTypeMetadata(target: Function, propertyName: string): { readonly typeFunction: (options?: unknown) => Function } | undefined;
  };
}
