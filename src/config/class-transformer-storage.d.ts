declare module 'class-transformer/cjs/storage.js' {
  export const defaultMetadataStorage: {
    findTypeMetadata(target: Function, propertyName: string): { readonly typeFunction: (options?: unknown) => Function } | undefined;
    /** 0: plain to class. */
    findTransformMetadatas(target: Function, propertyName: string, type: 0): readonly unknown[];
  };
}
